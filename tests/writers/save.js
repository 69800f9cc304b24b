// node save.js PROGRAM SOURCE TARGET: save a workbook as one of these programs does
const [, , program, source, target] = process.argv;
const savers = {
  sheetjs: async () => {
    const xlsx = require("xlsx");
    xlsx.writeFile(xlsx.readFile(source, { cellFormula: true, cellNF: true }), target);
  },
  exceljs: async () => {
    const { Workbook } = require("exceljs");
    const book = new Workbook();
    await book.xlsx.readFile(source);
    await book.xlsx.writeFile(target);
  },
  populate: async () => {
    const populate = require("xlsx-populate");
    await (await populate.fromFileAsync(source)).toFileAsync(target);
  },
};
savers[program]();
