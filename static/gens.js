// Enhancements only: every page works without this file.
"use strict";
// What was typed and not saved waits in this browser until the page is opened again.
for (const form of document.querySelectorAll("form[data-keep]")) {
  const key = "gens:" + form.dataset.keep, counts = (e) => e.name.endsWith("-TOTAL_FORMS");
  const fields = () => [...form.elements].filter((e) => e.name && (counts(e) || !["hidden", "file", "password", "submit"].includes(e.type)));
  const keep = () => {
    const values = {};
    for (const e of fields()) { values[e.name] ??= []; if (!["checkbox", "radio"].includes(e.type) || e.checked) values[e.name].push(e.value); }
    localStorage.setItem(key, JSON.stringify({ opened: form.elements.opened_with.value, values }));
  };
  const kept = JSON.parse(localStorage.getItem(key) || "null");
  if ("unsaved" in form.dataset) {
    keep();
    if (sessionStorage.getItem(key)) form.querySelector("[data-kept]")?.removeAttribute("hidden");
    sessionStorage.removeItem(key);
  } else if (kept && kept.opened === form.elements.opened_with.value && !form.querySelector(".errors")) {
    const grown = fields().filter((e) => counts(e) && +e.value < +kept.values[e.name]?.[0]);
    for (const e of fields()) if (e.name in kept.values) {
      if (e.type === "checkbox" || e.type === "radio") e.checked = kept.values[e.name].includes(e.value);
      else e.value = kept.values[e.name][0] ?? "";
    }
    form.querySelector("[data-kept]")?.removeAttribute("hidden");
    // Rows that were added and not saved: the server draws the page once more with them, and they are filled in there.
    if (grown.length && !sessionStorage.getItem(key)) {
      sessionStorage.setItem(key, "1");
      for (const [name, [value]] of Object.entries(kept.values)) if (value && !(name in form.elements)) form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
      form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "add", value: "" }));
      form.submit();
    } else sessionStorage.removeItem(key);
  }
  form.addEventListener("input", keep);
  form.addEventListener("submit", () => { localStorage.removeItem(key); });
}
// Fields of lists suggest names while somebody types: an editable combobox. Without an answer they stay plain fields.
function suggest(form, input) {
  const make = (tag, fields, ...inner) => { const e = Object.assign(document.createElement(tag), fields); e.append(...inner); return e; };
  const names = input.getAttribute("list"), button = form.querySelector(`[data-for="${input.id}"]`), many = "many" in input.dataset;
  const list = make("ul", { id: input.id + "_names", hidden: true }), none = make("div", { hidden: true });
  const pop = make("div", { className: "pop", hidden: true }, list, none), said = make("p", { className: "vh" }), box = make("div", { className: "combo" });
  let options = [], at = -1, timer, asked, answered;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", form.querySelector(`label[for="${input.id}"]`).textContent);
  said.setAttribute("role", "status");
  input.before(box);
  box.append(input, pop, said);
  for (const [name, value] of Object.entries({ role: "combobox", autocomplete: "off", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id })) input.setAttribute(name, value);
  // The part of the text that is looked up: between the commas around the caret, where several names may stand.
  const part = () => {
    const text = input.value, caret = input.selectionStart;
    if (!many) return [0, text.length];
    const end = text.indexOf(",", caret);
    return [caret && text.lastIndexOf(",", caret - 1) + 1, end < 0 ? text.length : end];
  };
  const plain = (isPlain) => {
    if (names) isPlain ? input.setAttribute("list", names) : input.removeAttribute("list");
    if (button) button.hidden = !isPlain;
  };
  const close = () => {
    clearTimeout(timer);
    asked?.abort();
    pop.hidden = true;
    said.textContent = "";
    at = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const move = (to) => {
    options[at]?.setAttribute("aria-selected", "false");
    at = to;
    const one = options[at];
    if (!one) return input.removeAttribute("aria-activedescendant");
    one.setAttribute("aria-selected", "true");
    input.setAttribute("aria-activedescendant", one.id);
    one.scrollIntoView({ block: "nearest" });
  };
  const show = (answer, first) => {
    list.replaceChildren(...(answer.querySelector("ul")?.children ?? []));
    none.replaceChildren(...(answer.querySelector("ul") ? [] : answer.children));
    options = [...list.children];
    options.forEach((one, n) => { one.id = `${list.id}_${n}`; });
    const link = none.querySelector("a");
    if (link) link.href += "&next=" + encodeURIComponent(location.pathname + location.search);
    list.hidden = !options.length;
    none.hidden = !!options.length;
    pop.hidden = false;
    input.setAttribute("aria-expanded", String(!!options.length));
    said.textContent = answer.dataset.said;
    move(first < 0 ? options.length - 1 : first ? 0 : -1);
  };
  // first: 1 the first name becomes the current one, -1 the last, 0 none.
  const ask = async (first) => {
    close();
    const mine = asked = new AbortController(), slow = setTimeout(() => mine.abort("slow"), 4000);
    const query = new URLSearchParams({ q: input.value.slice(...part()).trim() });
    if (input.dataset.list === "port") query.set("kind", form.dataset.kind);
    try {
      const got = await fetch(form.dataset.lookUp.replace("LIST", input.dataset.list) + "?" + query, { signal: mine.signal, redirect: "error" });
      if (!got.ok) throw new Error(got.statusText);
      const answer = new DOMParser().parseFromString(await got.text(), "text/html").querySelector("[data-said]");
      plain(false);
      if (document.activeElement === input) show(answer, first);
    } catch { if (!mine.signal.aborted || mine.signal.reason === "slow") plain(true); }
    clearTimeout(slow);
  };
  const choose = (one) => {
    const [start, end] = part(), before = input.value.slice(0, start), after = input.value.slice(end);
    const chosen = before + (before && " ") + one.dataset.value;
    input.value = chosen + after;
    input.setSelectionRange(chosen.length, chosen.length);
    close();
    // The names of a plant go where nothing was typed; what an earlier choice wrote is no typing.
    for (const name of before || after || !one.dataset.name ? [] : (input.dataset.fills ?? "").split(" ")) {
      const other = form.elements[name];
      if (other && (!other.value || other.value === other.dataset.filled)) other.value = other.dataset.filled = one.dataset.name;
    }
    answered = true;
    input.dispatchEvent(new Event("input", { bubbles: true }));
    answered = false;
  };
  input.addEventListener("input", () => {
    if (answered) return;
    close();
    if (input.value.slice(...part()).trim()) timer = setTimeout(ask, 150, 0);
  });
  input.addEventListener("keydown", (event) => {
    const open = !pop.hidden && options.length && !list.hidden, down = event.key === "ArrowDown";
    if (event.isComposing) return;
    if (down || event.key === "ArrowUp") {
      event.preventDefault();
      if (!open) ask(event.altKey ? 0 : down ? 1 : -1);
      else if (event.altKey) close();
      else move(down ? (at + 1) % options.length : (at < 1 ? options.length : at) - 1);
    } else if (event.key === "Enter" && open && at >= 0) {
      event.preventDefault();
      choose(options[at]);
    } else if (event.key === "Escape") {
      if (!pop.hidden) event.preventDefault();
      close();
    } else if (["Home", "End", "ArrowLeft", "ArrowRight"].includes(event.key) && open) move(-1);
  });
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => { const one = event.target.closest("li"); if (one) choose(one); });
  box.addEventListener("focusout", (event) => { if (!box.contains(event.relatedTarget)) close(); });
  plain(false);
}
for (const form of document.querySelectorAll("form[data-look-up]")) for (const input of form.querySelectorAll("input[data-list]")) suggest(form, input);
// The error summary takes the focus, as a reader of the page expects.
document.querySelector(".errors")?.focus();
// One press is enough.
for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", (event) => {
    if (event.submitter?.formTarget) return; // it opens beside this page
    if (form.dataset.pressed) event.preventDefault();
    form.dataset.pressed = "1";
    setTimeout(() => delete form.dataset.pressed, 5000);
  });
}
// What is typed is shown at once in a frame, where the window is wide enough; else in a tab of its own when it is asked for.
for (const form of document.querySelectorAll("form[data-live]")) {
  const button = document.getElementById(form.dataset.live), frame = document.getElementsByName(button.formTarget)[0];
  const isWide = matchMedia("(width >= 64rem)").matches;
  const show = () => { // in the place of what it showed: none of it is a page to go back to
    const said = new FormData(form), address = new URL(button.formAction);
    said.delete("csrfmiddlewaretoken");
    address.search = new URLSearchParams(said);
    frame.contentWindow.location.replace(address);
  };
  frame.hidden = !isWide;
  if (!isWide) button.formTarget = "_blank";
  else {
    form.addEventListener("change", show);
    button.addEventListener("click", (event) => {
      event.preventDefault();
      show();
    });
    show();
  }
}
// One tick for all rows of a list.
for (const all of document.querySelectorAll("[data-all]")) {
  all.hidden = false;
  all.addEventListener("change", (event) => {
    for (const box of all.closest("form").querySelectorAll("[name=pick]")) box.checked = event.target.checked;
  });
}
// A page that tells how far something is asks again until it is done.
function askAgain() {
  if (document.querySelector("[data-running]")) setTimeout(async () => {
    const answer = await fetch(location.href).catch(() => null);
    const fresh = answer?.ok && new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("batch");
    if (fresh) document.getElementById("batch").replaceWith(fresh);
    askAgain();
  }, 1500);
}
askAgain();
