"use strict";
// What the pages do besides: files dragged in, progress while a run lasts, tables sorted.
// Without scripts all of it can be had by the forms and by loading a page again.

const say = document.getElementById("say");

// ---------------------------------------------------------------- whether the desk is there

const lost = document.getElementById("lost");
if (window.SharedWorker) {
  const there = new SharedWorker("/static/there.js").port;
  there.onmessage = event => { lost.hidden = event.data; };
} else { // of an old browser each tab has a stream of its own
  const there = new EventSource("/events");
  there.onopen = () => { lost.hidden = true; };
  there.onerror = () => { lost.hidden = false; };
}
window.addEventListener("pageshow", event => { if (event.persisted) location.reload(); });

// ---------------------------------------------------------------- progress

const run = document.body.dataset.run, PAUSE = 250; // milliseconds between two looks
let spoken = 0;

/** Show the steps of the run from this one on, asked for shortly: a held answer would keep others
 * of the few a browser opens at once from the other tabs. */
async function follow(since) {
  const answer = await fetch(`/told/${run}?since=${since}`);
  const { told, total, ended } = await answer.json();
  if (told.length) show(told, since + told.length, total);
  if (ended) location.reload();
  else setTimeout(look, PAUSE, since + told.length);
}

function look(since) { // what is lost for a moment is asked for again
  follow(since).catch(() => setTimeout(look, 4 * PAUSE, since));
}

function show(told, done, total) {
  const bar = document.getElementById("bar");
  bar.max = total;
  bar.value = done;
  for (const said of told) {
    const line = document.createElement("li");
    line.textContent = said;
    document.getElementById("told").append(line);
  }
  if (Date.now() - spoken > 1000) { // a screen reader reads each of these aloud
    spoken = Date.now();
    say.textContent = `已完成 ${done}/${total}`;
  }
}

if (run) look(0);

// ---------------------------------------------------------------- files dragged in

const form = document.getElementById("drop");

/** Give the files of what was dropped, folders walked through, each with its way from there. */
async function filesIn(entry, way) {
  const name = way + entry.name;
  if (entry.isFile) return [[await new Promise((take, fail) => entry.file(take, fail)), name]];
  const reader = entry.createReader(), found = [];
  for (let some; (some = await new Promise((take, fail) => reader.readEntries(take, fail))).length;) {
    for (const one of some) found.push(...await filesIn(one, `${name}/`));
  }
  return found;
}

async function send(files) {
  const data = new FormData(form);
  if (files) {
    data.delete("files");
    data.delete("folder");
    for (const [file, name] of files) data.append("files", file, name);
  }
  const sizes = [...data.values()].map(value => value.size ?? 0);
  if (sizes.reduce((one, other) => one + other) > form.dataset.most) { say.textContent = form.dataset.large; return; }
  say.textContent = "正在放进来……";
  const answer = await fetch(form.action, { method: "POST", body: data });
  if (answer.redirected) { location.assign(answer.url); return; }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  say.textContent = page.getElementById("fault")?.textContent ?? "没有办成,请再试一次。";
}

for (const kind of ["dragenter", "dragover", "drop"]) { // else the browser would open the file itself
  document.addEventListener(kind, event => event.preventDefault());
}

const failed = () => { say.textContent = "文件没有放进来:可能太大,或已被移走、正被别的程序打开。请再试一次。"; };

if (form) {
  form.addEventListener("submit", event => { event.preventDefault(); send(null).catch(failed); });
  document.getElementById("files").addEventListener("change", event => {
    if (event.target.files.length) say.textContent = `已选 ${event.target.files.length} 个文件,请按“${form.querySelector("button").textContent}”。`;
  });
  for (const kind of ["dragenter", "dragover"]) {
    document.addEventListener(kind, () => form.classList.add("over"));
  }
  document.addEventListener("dragleave", event => { if (!event.relatedTarget) form.classList.remove("over"); });
  document.addEventListener("drop", async event => {
    form.classList.remove("over");
    if (event.target.id === "form") { event.target.files = event.dataTransfer.files; return; }
    const entries = [...event.dataTransfer.items].map(item => item.webkitGetAsEntry()).filter(Boolean);
    try {
      const files = [];
      for (const entry of entries) files.push(...await filesIn(entry, ""));
      await send(files);
    } catch { failed(); }
  });
}

// ---------------------------------------------------------------- tables sorted

const reading = new Intl.Collator("zh-CN", { numeric: true });

function sort(table, head, column) {
  const down = head.getAttribute("aria-sort") === "ascending";
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  const text = row => row.cells[column].textContent.trim().replaceAll(",", "");
  const rows = [...table.tBodies[0].rows].sort((a, b) => reading.compare(text(a), text(b)));
  table.tBodies[0].append(...(down ? rows.reverse() : rows));
}

for (const table of document.querySelectorAll("table")) {
  const around = document.createElement("div"); // wide tables scroll by themselves, not the page
  around.className = "scroll";
  table.replaceWith(around);
  around.append(table);
  if (around.scrollWidth > around.clientWidth) {
    around.tabIndex = 0;
    around.role = "region";
    around.ariaLabel = table.caption.textContent;
  }
  if (!table.classList.contains("sortable")) continue;
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    if (head.classList.contains("plain")) return;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => sort(table, head, column));
  });
}
