"""HTTP: the page and the JSON API."""
