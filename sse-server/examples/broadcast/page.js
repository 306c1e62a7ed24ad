const KEPT = 12;
const [state, last, count, events, form, text, problem] =
  ["state", "last", "count", "events", "form", "text", "problem"].map((id) => document.getElementById(id));
for (const origin of document.querySelectorAll(".origin")) origin.textContent = location.origin;

const source = new EventSource("/events");

const states = ["connecting", "open", "closed"]; // In the order of their numbers in the standard.
let opened = false;
function showState() {
  state.className = state.textContent = states[source.readyState];
  // An EventSource comes back by itself, unless the server's answer was no event stream.
  if (source.readyState === EventSource.OPEN) opened = true;
  if (source.readyState === EventSource.CONNECTING && opened) state.textContent = "connecting again";
  if (source.readyState === EventSource.CLOSED) showProblem("The server has refused the stream. Reload to try again.");
}

function showProblem(words) {
  problem.textContent = words;
  problem.hidden = words === "";
}

function show(kind, words, id) {
  const row = document.createElement("li");
  row.className = kind;
  for (const [tag, content] of [["span", words], ["time", new Date().toLocaleTimeString()]]) {
    row.append(Object.assign(document.createElement(tag), { textContent: content }));
  }
  events.prepend(row);
  while (events.children.length > KEPT) events.lastElementChild.remove();
  last.textContent = id;
}

source.addEventListener("open", () => {
  showState();
  showProblem("");
});
source.addEventListener("error", showState);
source.addEventListener("message", (event) => {
  count.textContent = Number(count.textContent) + 1;
  show("event", event.data, event.lastEventId);
});
// The hub says so when it no longer has what this page has missed.
source.addEventListener("gap", (event) => {
  show("gap", "Something was missed: the server no longer has it.", event.lastEventId);
});
showState();

form.addEventListener("submit", async (submitted) => {
  submitted.preventDefault();
  try {
    const answer = await fetch("/publish", { method: "POST", body: text.value });
    if (!answer.ok) throw new Error(await answer.text());
    text.value = "";
    showProblem("");
  } catch (error) {
    // `fetch` fails so if there was no answer at all; what it says differs from browser to browser.
    showProblem(`Not published: ${error instanceof TypeError ? "the server does not answer" : error.message}`);
  }
});
