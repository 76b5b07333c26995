// Says that a file is too large before it is sent: the server would cut it off.
document.addEventListener("DOMContentLoaded", () => {
  const file = document.getElementById("file");
  file.addEventListener("change", () => {
    const most = Number(file.dataset.bytesAtMost);
    const size = file.files.length ? file.files[0].size : 0;
    file.setCustomValidity(
      size > most
        ? `The file has ${size} bytes, but at most ${most} can be read. Divide it, and import one part after the other.`
        : "",
    );
    file.reportValidity();
  });
});
