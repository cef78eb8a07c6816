"""Pictures, without ipywidgets."""
