document.getElementById('greeting').textContent = 'good day from the page'
