// The public page of a certificate: the file is hashed here and leaves the device only where that does not work.
"use strict";
const form = document.querySelector("form[data-compare]");
form?.addEventListener("submit", async (event) => {
  const file = form.elements.file.files[0];
  if (!file || !globalThis.crypto?.subtle) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
  const hex = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const same = form.dataset.compare.split(" ").includes(hex);
  form.querySelector("[data-same]").hidden = !same;
  form.querySelector("[data-other]").hidden = same;
}, true);
