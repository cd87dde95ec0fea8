// Enhancements only: every page works without this file.
"use strict";
// What was typed and not saved waits in this browser until the page is opened again.
for (const form of document.querySelectorAll("form[data-keep]")) {
  const key = "gens:" + form.dataset.keep, fields = () => [...form.elements].filter((e) => e.name && !["hidden", "file", "password", "submit"].includes(e.type));
  const kept = JSON.parse(localStorage.getItem(key) || "null");
  if (kept && kept.opened === form.elements.opened_with.value && !form.querySelector(".errors")) {
    for (const e of fields()) if (e.name in kept.values) {
      if (e.type === "checkbox" || e.type === "radio") e.checked = kept.values[e.name].includes(e.value);
      else e.value = kept.values[e.name][0] ?? "";
    }
    form.querySelector("[data-kept]")?.removeAttribute("hidden");
  }
  form.addEventListener("input", () => {
    const values = {};
    for (const e of fields()) { values[e.name] ??= []; if (!["checkbox", "radio"].includes(e.type) || e.checked) values[e.name].push(e.value); }
    localStorage.setItem(key, JSON.stringify({ opened: form.elements.opened_with.value, values }));
  });
  form.addEventListener("submit", () => { localStorage.removeItem(key); });
}
// The error summary takes the focus, as a reader of the page expects.
document.querySelector(".errors")?.focus();
// One press is enough.
for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.pressed) event.preventDefault();
    form.dataset.pressed = "1";
    setTimeout(() => delete form.dataset.pressed, 5000);
  });
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
