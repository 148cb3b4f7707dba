"""Floor 1: text and properties. Reading, editing, rendering and encryption; knows neither Git nor folders."""
