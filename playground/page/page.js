"use strict";
const byId = (id) => document.getElementById(id);
const VERDICTS = ["rejected", "warned", "injected", "unchanged"];
const PATIENCE = 150; // milliseconds without a key, before the input is evaluated

/** An element. Text is never read as HTML, because links can contain the text of another author. */
const element = (name, attributes = {}, ...children) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(key, value);
    else if (value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== undefined));
  return made;
};

/* The policy: a program of WASI (WebAssembly System Interface, preview 1), which reads standard input and writes standard
   output. Nothing else of the system is given to it. */

const SUCCESS = 0;
const BAD_DESCRIPTOR = 8;
const NOT_SUPPORTED = 58;

const bytesOf = (base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
const piped = async (bytes, stream) =>
  new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer());
const loading = piped(bytesOf(byId("module").textContent), new DecompressionStream("gzip")).then((bytes) => WebAssembly.compile(bytes));

class Exit extends Error {}

const runProgram = (module, input) => {
  const written = { 1: [], 2: [] };
  let memory;
  let rest = input;
  const view = () => new DataView(memory.buffer);
  const slices = (list, length) => Array.from({ length }, (_, index) => {
    const at = list + 8 * index;
    return new Uint8Array(memory.buffer, view().getUint32(at, true), view().getUint32(at + 4, true));
  });
  const nothing = (count, size) => {
    view().setUint32(count, 0, true);
    view().setUint32(size, 0, true);
    return SUCCESS;
  };
  const calls = {
    fd_read(descriptor, list, length, read) {
      if (descriptor !== 0) return BAD_DESCRIPTOR;
      let total = 0;
      for (const slice of slices(list, length)) {
        const part = rest.subarray(0, slice.length);
        slice.set(part);
        rest = rest.subarray(part.length);
        total += part.length;
      }
      view().setUint32(read, total, true);
      return SUCCESS;
    },
    fd_write(descriptor, list, length, count) {
      if (!written[descriptor]) return BAD_DESCRIPTOR;
      let total = 0;
      for (const slice of slices(list, length)) {
        written[descriptor].push(slice.slice());
        total += slice.length;
      }
      view().setUint32(count, total, true);
      return SUCCESS;
    },
    fd_prestat_get: () => BAD_DESCRIPTOR,
    args_sizes_get: nothing,
    environ_sizes_get: nothing,
    args_get: () => SUCCESS,
    environ_get: () => SUCCESS,
    random_get(at, length) {
      crypto.getRandomValues(new Uint8Array(memory.buffer, at, length));
      return SUCCESS;
    },
    proc_exit(code) {
      throw new Exit(String(code));
    },
  };
  const imports = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    (imports[from] ??= {})[name] = calls[name] ?? (() => NOT_SUPPORTED);
  }
  const text = (chunks) => new Blob(chunks).text();
  const { exports } = new WebAssembly.Instance(module, imports);
  memory = exports.memory;
  try {
    exports._start();
  } catch (error) {
    if (!(error instanceof Exit && error.message === "0")) return text(written[2]).then((said) => Promise.reject(new Error(said || error.message)));
  }
  return text(written[1]);
};

/** The report of `aws-pod-identity check`, in its JSON format. */
const evaluate = async (input) =>
  JSON.parse(await runProgram(await loading, new TextEncoder().encode(JSON.stringify(input))));

/* Input */

const fields = { manifests: byId("manifests"), settings: byId("settings") };
const lineHeight = Number.parseFloat(getComputedStyle(fields.manifests).lineHeight);
const gutterOf = (field) => field.previousElementSibling;

const drawGutter = (field, marks = new Map()) => {
  const lines = field.value.split("\n").length;
  const numbers = Array.from({ length: lines }, (_, index) => element("span", { class: marks.get(index + 1) }, String(index + 1)));
  gutterOf(field).replaceChildren(...numbers);
  gutterOf(field).scrollTop = field.scrollTop;
};

/** Selects a part of the manifests: line and column count from 1. */
const select = ({ line, column, length }) => {
  const field = fields.manifests;
  const lines = field.value.split("\n");
  // A column counts characters; a selection counts UTF-16 units.
  const units = (count) => [...lines[line - 1]].slice(0, count).join("").length;
  const start = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0);
  field.focus();
  field.setSelectionRange(start + units(column - 1), start + units(column - 1 + length));
  field.scrollTop = (line - 1) * lineHeight - field.clientHeight / 3;
};

/* Report */

const lineButton = (position) =>
  element("button", { type: "button", class: "line", click: () => select(position) }, `Line ${position.line}`);

const frame = ({ text, column, length }) => {
  const characters = [...text];
  const part = (from, to) => characters.slice(from, to).join("");
  return element("pre", { class: "frame" }, part(0, column - 1), element("mark", {}, part(column - 1, column - 1 + length)), part(column - 1 + length));
};

const findingItem = (finding) => {
  const position = finding.location?.position ?? undefined;
  const id = element("a", { class: "id", href: `../findings.html#${encodeURIComponent(finding.id)}`, target: "_blank", rel: "noopener" }, finding.id);
  return element("li", { class: finding.severity === "reject" ? "rejected" : "warned" },
    element("div", {}, element("span", { class: "badge" }, finding.severity === "reject" ? "reject" : "warning"), " ", id, position && lineButton(position)),
    element("p", {}, finding.message),
    finding.remedy ? element("p", {}, element("strong", {}, "To fix it: "), `${finding.remedy}.`) : undefined,
    position && frame(position));
};

const diffLine = (line) => {
  const kind = { "+": "add", "-": "remove", "@": "hunk" }[line[0]];
  return element("span", { class: kind }, kind === "hunk" ? "⋯" : line || " ");
};

const entryItem = (entry) => {
  const { injected, findings } = entry;
  const facts = [
    ["pods", entry.pods ? `${entry.pods.name} (${entry.pods.verdict})` : undefined],
    ["service account", entry.serviceAccount],
    ["role", entry.role],
    ["identity", injected?.identity],
    ["containers", injected?.containers.join(", ")],
  ].filter(([, value]) => value);
  const diff = injected?.diff?.trimEnd().split("\n");
  return element("li", { class: `entry ${entry.verdict}` },
    element("h2", {}, element("span", { class: "badge" }, entry.verdict), element("small", {}, entry.kind),
      `${entry.namespace}/${entry.name}`),
    facts.length > 0 ? element("dl", { class: "facts" }, ...facts.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)])) : undefined,
    findings.length > 0 ? element("ul", { class: "findings" }, ...findings.map(findingItem)) : undefined,
    diff && element("details", { open: "" }, element("summary", {}, "What is injected"), element("pre", { class: "diff", tabindex: "0" }, ...diff.map(diffLine))));
};

const problem = (title, message, position) =>
  element("div", { class: "problem" }, element("h2", {}, title, position ? lineButton(position) : ""), element("p", {}, message));

const draw = (report) => {
  const { entries, errors, totals, notChecked } = report;
  byId("totals").replaceChildren(...VERDICTS.map((verdict) =>
    element("li", { class: totals[verdict] > 0 ? verdict : `${verdict} none` }, element("b", {}, String(totals[verdict])), verdict)));
  const objects = `${totals.objects} ${totals.objects === 1 ? "object" : "objects"} checked.`;
  byId("status").textContent = report.settings ? "Nothing is checked, because of the settings." : objects;
  byId("problems").replaceChildren(
    ...(report.settings ? [problem("The settings cannot be used", report.settings)] : []),
    ...errors.map((error) => problem(`Document ${error.document ?? 1} cannot be read`, error.message, error.position)));
  byId("entries").replaceChildren(...entries.map(entryItem));
  byId("skipped").textContent = notChecked.length > 0 ? `Not checked: ${notChecked.join(", ")}.` : "";
  const marks = new Map();
  const mark = (position, verdict) => position && marks.get(position.line) !== "rejected" && marks.set(position.line, verdict);
  for (const { position } of errors) mark(position, "rejected");
  for (const { severity, location } of entries.flatMap((entry) => entry.findings)) mark(location?.position, severity === "reject" ? "rejected" : "warned");
  drawGutter(fields.manifests, marks);
};

const fail = (error) => {
  byId("totals").replaceChildren();
  byId("entries").replaceChildren();
  byId("skipped").textContent = "";
  byId("status").textContent = "";
  byId("problems").replaceChildren(problem("The policy cannot run in this browser with this input", String(error.message ?? error)));
};

let latest = 0;
const update = async () => {
  const number = ++latest;
  const input = { manifests: fields.manifests.value, settings: fields.settings.value };
  const report = await evaluate(input).catch((error) => ({ failed: error }));
  // A newer input is already being evaluated.
  if (number !== latest) return;
  if (report.failed) fail(report.failed);
  else draw(report);
  document.body.dataset.evaluated = String(number);
};

/* Examples and links */

const examples = JSON.parse(byId("examples").textContent);
const chooser = byId("example");
chooser.append(element("option", { value: "" }, "Your own"));
for (const group of [...new Set(examples.map((example) => example.group))]) {
  const options = examples.filter((example) => example.group === group).map(({ name, title }) => element("option", { value: name }, title));
  chooser.append(element("optgroup", { label: group }, ...options));
}

const show = ({ manifests, settings, about = "" }) => {
  fields.manifests.value = manifests;
  fields.settings.value = settings;
  byId("about").textContent = about;
  for (const field of Object.values(fields)) {
    field.scrollTop = 0;
    drawGutter(field);
  }
  return update();
};

const showExample = (name) => {
  const example = examples.find((other) => other.name === name);
  chooser.value = example ? name : "";
  return show(example ?? { manifests: "", settings: "" });
};

/** Input in the part of an address that browsers do not send. */
const encoded = async (input) => {
  const bytes = await piped(new TextEncoder().encode(JSON.stringify(input)), new CompressionStream("deflate-raw"));
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
};
const decoded = async (text) => {
  const bytes = await piped(bytesOf(text.replaceAll("-", "+").replaceAll("_", "/")), new DecompressionStream("deflate-raw"));
  const { manifests, settings } = JSON.parse(new TextDecoder().decode(bytes));
  return { manifests: String(manifests), settings: String(settings) };
};

const fromAddress = async () => {
  const hash = new URLSearchParams(location.hash.slice(1));
  if (hash.has("input")) {
    chooser.value = "";
    try {
      await show(await decoded(hash.get("input")));
    } catch {
      await showExample(examples[0].name);
      byId("about").textContent = "The link is damaged: its input cannot be read.";
    }
  } else {
    await showExample(hash.get("example") ?? examples[0].name);
  }
};

chooser.addEventListener("change", () => {
  history.replaceState(null, "", chooser.value ? `#example=${chooser.value}` : "#example=");
  showExample(chooser.value);
});
byId("link").addEventListener("click", async () => {
  const input = { manifests: fields.manifests.value, settings: fields.settings.value };
  history.replaceState(null, "", chooser.value ? `#example=${chooser.value}` : `#input=${await encoded(input)}`);
  const copied = await navigator.clipboard?.writeText(location.href).then(() => true, () => false);
  byId("status").textContent = copied ? "The link is copied. It contains the input." : "The address of this page is the link. It contains the input.";
});
addEventListener("hashchange", () => location.hash !== "#report" && fromAddress());

let timer;
for (const field of Object.values(fields)) {
  field.addEventListener("input", () => {
    chooser.value = "";
    byId("about").textContent = "";
    drawGutter(field);
    clearTimeout(timer);
    timer = setTimeout(update, PATIENCE);
  });
  field.addEventListener("scroll", () => {
    gutterOf(field).scrollTop = field.scrollTop;
  });
}
fromAddress();
