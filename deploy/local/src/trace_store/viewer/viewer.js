// The viewer: a list of the latest traces, and one trace as a waterfall. What to show is in the
// address: `#` lists, `#id=…` lists what a gift's or trace's id finds, `#trace=…` shows one trace.

const view = document.getElementById("view");
const idField = document.getElementById("id");
const batches = document.getElementById("batches");
const follow = document.getElementById("follow");
const FOLLOW_MS = 2000;

/** Make an element. Text is set as text: names of spans come from anywhere. */
function make(tag, { text, className, ...properties } = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  if (text !== undefined) element.textContent = text;
  if (className) element.className = className;
  element.append(...children);
  return element;
}

function duration(microseconds) {
  return microseconds < 1e6
    ? `${(microseconds / 1e3).toFixed(2)} ms`
    : `${(microseconds / 1e6).toFixed(2)} s`;
}

const time = (microseconds) => new Date(microseconds / 1e3).toISOString().slice(11, 23);

/** A colour per process of a trace, as far apart as their number allows. */
function colours(processes) {
  const names = [...processes].sort();
  return new Map(
    names.map((name, index) => [name, `hsl(${215 + (index * 360) / names.length} 62% 52%)`]),
  );
}

async function ask(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(await response.text());
  return response.json();
}

/** Show the list. Answers the page's content, so that an overtaken answer is not shown. */
async function listTraces(id) {
  const query = new URLSearchParams({ batches: batches.checked ? "1" : "0" });
  if (id) query.set("id", id);
  const { traces } = await ask(`api/traces?${query}`);
  if (traces.length === 0) {
    const text = id ? `No trace of ${id} (yet: spans take 2 s to arrive).` : "No traces yet.";
    return [make("div", { className: "card empty", text })];
  }
  const heads = ["Began (UTC)", "Name", "Gift", "Spans", "Processes", "Took"];
  const rows = traces.map((trace) => {
    const row = make(
      "tr",
      { tabIndex: 0 },
      make("td", { text: time(trace.began_us) }),
      make("td", { text: trace.name, className: trace.errors ? "fault" : "" }),
      make("td", {}, make("code", { text: trace.gift_id ?? "" })),
      make("td", { text: trace.spans, className: "number" }),
      make("td", { text: trace.processes, className: "number" }),
      make("td", { text: duration(trace.duration_us), className: "number" }),
    );
    const open = () => (location.hash = `trace=${trace.trace_id}`);
    row.addEventListener("click", open);
    row.addEventListener("keydown", (event) => event.key === "Enter" && open());
    return row;
  });
  const head = make(
    "tr",
    {},
    ...heads.map((text, index) => make("th", { text, className: index > 2 ? "number" : "" })),
  );
  const table = make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows));
  return [make("div", { className: "card" }, table)];
}

async function showTrace(traceId) {
  const trace = await ask(`api/traces/${encodeURIComponent(traceId)}`);
  const processes = new Set(trace.spans.map((span) => span.process));
  const facts = [
    new Date(trace.began_us / 1e3).toISOString(),
    duration(trace.duration_us),
    `${trace.spans.length} spans in ${processes.size} processes`,
    `trace ${trace.trace_id}`,
  ];
  const colourOf = colours(processes);
  const spans = inTreeOrder(trace.spans).map(([depth, span]) => {
    const row = spanRow(depth, span, trace.duration_us);
    row.style.setProperty("--hue", colourOf.get(span.process));
    return row;
  });
  return [
    make("h2", { text: trace.gift_id ? `Gift ${trace.gift_id}` : trace.spans[0].name }),
    make("p", { className: "facts", text: facts.join(" · ") }),
    make("div", { className: "card" }, ...spans),
  ];
}

/** Parents before children, each with its depth; a parent that never arrived is left out. */
function inTreeOrder(spans) {
  const known = new Set(spans.map((span) => span.span_id));
  const children = Map.groupBy(spans, (span) => (known.has(span.parent_id) ? span.parent_id : null));
  const ordered = [];
  const walk = (parent, depth) => {
    for (const span of children.get(parent) ?? []) {
      ordered.push([depth, span]);
      walk(span.span_id, depth + 1);
    }
  };
  walk(null, 0);
  return ordered;
}

function spanRow(depth, span, traceDuration) {
  const whole = Math.max(traceDuration, 1);
  const bar = make("div", { className: "bar" });
  bar.style.left = `${(span.offset_us / whole) * 100}%`;
  bar.style.width = `${(span.duration_us / whole) * 100}%`;
  const what = make(
    "div",
    { className: "what" },
    make("span", { className: "process", text: span.process }),
    make("span", { className: span.error === null ? "name" : "name fault", text: span.name }),
  );
  what.style.paddingLeft = `${0.8 + depth * 1.1}rem`;
  const row = make(
    "div",
    { className: "span", tabIndex: 0, title: span.name },
    what,
    make("div", { className: "took", text: duration(span.duration_us) }),
    make("div", { className: "track" }, bar),
  );
  const toggle = () => {
    const open = row.querySelector(".detail");
    if (open) open.remove();
    else row.append(spanDetail(span));
  };
  row.addEventListener("click", (event) => event.target.closest(".detail") || toggle());
  row.addEventListener("keydown", (event) => event.key === "Enter" && toggle());
  return row;
}

function spanDetail(span) {
  const lines = [
    ["kind", span.kind],
    ["began after", duration(span.offset_us)],
    ["span", span.span_id],
    ...Object.entries(span.attributes),
  ];
  if (span.error !== null) lines.push(["error", span.error || "failed"]);
  for (const { name, attributes } of span.events) {
    lines.push([`event ${name}`, JSON.stringify(attributes, null, 2)]);
  }
  const detail = make("dl", { className: "detail" });
  for (const [name, value] of lines) {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    detail.append(make("dt", { text: name }), make("dd", { text }));
  }
  for (const link of span.links.slice(0, 20)) {
    const target = make("a", { href: `#trace=${link.trace_id}`, text: `trace ${link.trace_id}` });
    detail.append(make("dt", { text: "linked to" }), make("dd", {}, target));
  }
  if (span.links.length > 20) {
    detail.append(make("dt", { text: "and" }), make("dd", { text: `${span.links.length - 20} more` }));
  }
  return detail;
}

let shown = "";

async function render() {
  const address = new URLSearchParams(location.hash.slice(1));
  const asked = location.hash;
  let content;
  try {
    content = address.has("trace")
      ? await showTrace(address.get("trace"))
      : await listTraces(address.get("id"));
  } catch (error) {
    content = [make("div", { className: "card empty", text: error.message })];
  }
  if (asked !== location.hash) return;
  shown = asked;
  view.replaceChildren(...content);
}

document.getElementById("search").addEventListener("submit", async (event) => {
  event.preventDefault();
  const id = idField.value.trim().toLowerCase();
  if (!id) return void (location.hash = "");
  const { traces } = await ask(`api/traces?${new URLSearchParams({ id })}`);
  location.hash = traces.length === 1 ? `trace=${traces[0].trace_id}` : `id=${id}`;
});
window.addEventListener("hashchange", render);
batches.addEventListener("change", render);
// A trace stays as it is: re-drawing it would close what a person has opened.
setInterval(() => {
  if (follow.checked && !document.hidden && !shown.startsWith("#trace=")) render();
}, FOLLOW_MS);
render();
