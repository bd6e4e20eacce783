fetch("/greeting")
  .then((answer) => answer.text())
  .then((text) => {
    document.getElementById("greeting").textContent = text;
  });
