// Every formula of the workbooks named: where it stands, its stored result, HyperFormula's own.
//
// usage: node recalculate.mjs FILE.xlsx...     (once: npm ci)
//   prints a list for each file, as JSON: [{cell: "sheet!A1", stored, now}, …]
//
// SheetJS reads as it does by itself: a formula it takes for an empty cell is missing from the list.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const XLSX = require('xlsx');
const { HyperFormula, FunctionPlugin, FunctionArgumentType } = require('hyperformula');

/** Excel's ASC, which HyperFormula lacks: full-width characters as half-width ones. */
class Width extends FunctionPlugin {
  asc(ast, state) {
    return this.runFunction(ast.args, state, this.metadata('ASC'), (text) =>
      text.replace(/[！-～]/g, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0)));
  }
}
Width.implementedFunctions = {
  ASC: { method: 'asc', parameters: [{ argumentType: FunctionArgumentType.STRING }] },
};
HyperFormula.registerFunctionPlugin(Width, { enGB: { ASC: 'ASC' } });

const OPTIONS = {
  licenseKey: 'gpl-v3',
  useArrayArithmetic: true, // ranges inside SUMPRODUCT item by item, as in Excel
};

const TRUTH = [['TRUE', '=TRUE()'], ['FALSE', '=FALSE()']].map(([name, expression]) => ({ name, expression }));

function content(cell) {
  if (cell?.f !== undefined) return `=${cell.f}`;
  if (cell?.t === 's') return cell.v === '' ? null : `'${cell.v}`; // as text, whatever it looks like
  return cell?.v ?? null;
}

function grid(sheet) {
  const { e: end } = XLSX.utils.decode_range(sheet['!ref'] ?? 'A1');
  return Array.from({ length: end.r + 1 }, (_, r) =>
    Array.from({ length: end.c + 1 }, (_, c) => content(sheet[XLSX.utils.encode_cell({ r, c })])));
}

function formulas(file) {
  const book = XLSX.readFile(file, { cellFormula: true, cellText: false });
  const sheets = Object.fromEntries(book.SheetNames.map((name) => [name, grid(book.Sheets[name])]));
  const engine = HyperFormula.buildFromSheets(sheets, OPTIONS, TRUTH);
  return book.SheetNames.flatMap((name) => Object.entries(book.Sheets[name])
    .filter(([, cell]) => cell.f !== undefined)
    .map(([address, cell]) => {
      const { r: row, c: col } = XLSX.utils.decode_cell(address);
      const now = engine.getCellValue({ sheet: engine.getSheetId(name), row, col });
      return { cell: `${name}!${address}`, stored: cell.v, now: now?.value ?? now };
    }));
}

console.log(JSON.stringify(process.argv.slice(2).map(formulas)));
