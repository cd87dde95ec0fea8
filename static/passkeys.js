// Passkeys and security keys: asks the browser for one, then sends its answer. Passwords and codes need none of this.
"use strict";
for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!webauthnJSON.supported()) continue;
  const button = form.querySelector("button:not([form])"), failed = form.querySelector("[data-failed]");
  form.querySelector("[data-unsupported]")?.remove();
  for (const each of form.querySelectorAll("[hidden]:not([data-failed])")) each.hidden = false;
  const options = async () => {
    const data = document.getElementById("js_data");
    if (data) return JSON.parse(data.textContent);
    const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(answer.statusText);
    return answer.json();
  };
  const created = (wanted) => {
    const choice = wanted.publicKey.authenticatorSelection, isAlone = form.elements.passwordless.checked;
    choice.residentKey = isAlone ? "required" : "discouraged";
    choice.requireResidentKey = isAlone;
    if (isAlone) choice.userVerification = "required";
    return webauthnJSON.create(wanted);
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    failed.hidden = true;
    try {
      const data = await options();
      const said = form.dataset.passkey === "create" ? await created(data.creation_options) : await webauthnJSON.get(data.request_options);
      form.elements.credential.value = JSON.stringify(said);
      form.submit(); // sends without asking again
    } catch (error) {
      failed.hidden = false;
      button.disabled = false;
    }
  });
}
