"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);
/** An element with text and children. Text of the report is never read as HTML. */
const element = (name, attributes = {}, ...children) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== undefined && child !== null));
  return made;
};
const order = ["rejected", "warned", "injected", "unchanged"];
const entries = data.entries.map((entry, index) => {
  const { source } = entry;
  const findings = entry.findings.flatMap((finding) => [finding.id, finding.message]);
  const text = [entry.kind, entry.namespace, entry.name, source.file, source.cluster, entry.serviceAccount, entry.role, ...findings];
  return { ...entry, index, text: text.join("\n").toLowerCase() };
}).sort((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict) || a.index - b.index);

/** How many objects are drawn at once: browsers are slow with many thousands. */
const PAGE = 200;
let shown = PAGE;
let verdict = "";

byId("about").textContent = `${data.header.command} with ${data.header.settings}, ${data.header.tool.name} ${data.header.tool.version}`;
const totals = data.summary.totals;
const names = [["all", "objects", totals.objects], ...order.map((name) => [name, name, totals[name]])];
for (const [name, label, number] of names) {
  const button = element("button", { type: "button", class: name, "aria-pressed": "false" }, element("b", {}, String(number)), label);
  button.addEventListener("click", () => {
    verdict = name === "all" || verdict === name ? "" : name;
    restart();
  });
  button.dataset.verdict = name === "all" ? "" : name;
  byId("totals").append(button);
}
if (data.errors.length > 0) {
  byId("errors").hidden = false;
  for (const error of data.errors) {
    const location = error.position ? `${error.file}:${error.position.line}:${error.position.column}` : error.file ?? `cluster ${error.cluster}`;
    byId("errors").querySelector("ul").append(element("li", {}, element("code", {}, location), ` ${error.message}`));
  }
}
const options = (id, values) => {
  for (const value of [...new Set(values)].filter(Boolean).sort()) byId(id).append(element("option", { value }, value));
};
options("namespace", entries.map((entry) => entry.namespace));
options("kind", entries.map((entry) => entry.kind));
options("finding", entries.flatMap((entry) => entry.findings.map((finding) => finding.id)));

const matching = () => {
  const words = byId("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  const [namespace, kind, finding] = ["namespace", "kind", "finding"].map((id) => byId(id).value);
  return entries.filter((entry) =>
    (!verdict || entry.verdict === verdict) && (!namespace || entry.namespace === namespace) && (!kind || entry.kind === kind) &&
    (!finding || entry.findings.some((found) => found.id === finding)) && words.every((word) => entry.text.includes(word)));
};

/** What AWS compares: its name, what is shown if it has no value, and what it does where the chain breaks. */
const links = {
  role: ["role", "exists", "does not exist"], provider: ["OIDC provider", "", "does not match"],
  subject: ["subject", "", "does not match"], audience: ["audience", "", "does not match"],
  service: ["service", "", "is not trusted"], actions: ["actions", "", "are not allowed"],
  conditions: ["other conditions", "hold", "do not hold"],
};

/** The chain from the workload to the trust of its role, broken where a finding breaks it. */
const chain = (entry) => {
  const rejects = entry.findings.filter((finding) => finding.severity === "reject");
  const about = (test) => rejects.some((finding) => test.test(finding.id));
  const steps = [];
  const step = (label, text, state) => steps.push(element("li", { class: state }, element("span", {}, element("em", {}, label), text)));
  const isAccount = entry.kind === "ServiceAccount";
  if (!isAccount) step(entry.pods ? "workload" : "object", `${entry.kind} ${entry.name}`);
  if (entry.pods) step("pod", entry.pods.name, entry.pods.verdict === "rejected" && about(/token|env|container|session|volume|mount/) ? "broken" : undefined);
  const account = isAccount ? entry.name : entry.serviceAccount;
  if (account) step("service account", account, about(/^service-account/) ? "broken" : undefined);
  const role = entry.role ?? entry.trust?.chain[0]?.value ?? entry.injected?.identity;
  const broken = about(/^role|^audience|^token-exp|^sts-reg|^identity/);
  if (role) step("role", role, broken ? "broken" : undefined);
  else if (broken) step("role", "cannot be used", "broken");
  else step("role", "none", "missing");
  let reason = entry.trust?.reason;
  for (const link of entry.trust?.chain ?? []) {
    const [label, text, breaks] = links[link.step];
    const value = link.step === "role" && link.value === role ? text : link.value ?? text;
    if (link.state === "matches") step(`AWS: ${label}`, value);
    else if (link.state === "differs") step(`AWS: ${label} ${breaks}`, reason, "broken");
    else {
      step(`AWS: ${label}`, reason ? `unknown: ${reason}` : "unknown", "unknown");
      reason = undefined;
    }
  }
  return element("ol", { class: "chain", "aria-label": "From the workload to the trust policy of its role" }, ...steps);
};

const frame = (position) => {
  const characters = [...position.text];
  const start = position.column - 1;
  const end = start + position.length;
  return element("pre", {}, element("i", {}, `${position.file}:${position.line}:${position.column}\n`), characters.slice(0, start).join(""),
    element("mark", {}, characters.slice(start, end).join("")), characters.slice(end).join(""));
};

const body = (entry) => {
  const findings = entry.findings.map((finding) => element("li", { class: finding.severity === "reject" ? "rejected" : "warned" },
    element("p", {}, element("code", {}, finding.id), ` ${finding.message}`),
    finding.remedy ? element("p", { class: "fix" }, `To fix it: ${finding.remedy}.`) : undefined,
    finding.location?.position ? frame(finding.location.position) : undefined));
  return element("div", { class: "body" }, chain(entry), findings.length > 0 ? element("ul", { class: "findings" }, ...findings) : undefined,
    entry.injected?.diff ? element("pre", {}, entry.injected.diff) : undefined);
};

/** The findings of an object that is not open. */
const ids = (entry) => {
  const found = [...new Set(entry.findings.map((finding) => finding.id))];
  const more = found.length > 2 ? ` and ${found.length - 2} more` : "";
  return found.length > 0 ? element("code", { class: "ids" }, found.slice(0, 2).join(", ") + more) : undefined;
};

const item = (entry, open) => {
  const { source } = entry;
  const location = source.file ? `${source.file}:${source.line}` : source.cluster;
  const details = element("details", { open }, element("summary", {}, element("span", { class: "badge" }, entry.verdict),
    element("span", { class: "title" }, element("small", {}, entry.kind), `${entry.namespace}/${entry.name}`,
      ids(entry)),
    element("span", { class: "source" }, location)));
  // Details are drawn when they are needed.
  const draw = () => details.open && details.children.length === 1 && details.append(body(entry));
  details.addEventListener("toggle", draw);
  draw();
  return element("li", { class: entry.verdict }, details);
};

const draw = () => {
  const found = matching();
  const open = found.length <= 5;
  const items = found.slice(0, shown).map((entry) => item(entry, open && entry.findings.length > 0));
  byId("objects").replaceChildren(...(items.length > 0 ? items : [element("li", { class: "empty" }, "No object matches the filters.")]));
  byId("count").textContent = `${found.length} of ${entries.length} objects`;
  byId("more").hidden = found.length <= shown;
  for (const button of byId("totals").children) button.setAttribute("aria-pressed", String(button.dataset.verdict === verdict));
};
const restart = () => {
  shown = PAGE;
  draw();
};
let timer;
byId("search").addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(restart, 80);
});
for (const id of ["namespace", "kind", "finding"]) byId(id).addEventListener("change", restart);
byId("reset").addEventListener("click", () => {
  verdict = "";
  for (const id of ["search", "namespace", "kind", "finding"]) byId(id).value = "";
  restart();
});
byId("more").addEventListener("click", () => {
  const before = shown;
  shown += PAGE;
  draw();
  byId("objects").children[before]?.querySelector("summary").focus();
});
draw();
