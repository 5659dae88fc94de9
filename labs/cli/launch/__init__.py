"""What `labs start` is made of: the learner's copies of the lessons, JupyterLab's settings, and the session."""
