"""Changes in force until somebody confirms them, and what hangs on a label beside them: pins and freezes."""
