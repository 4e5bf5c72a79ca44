"""The steps of the workflow as functions: what the verbs of the command line call."""
