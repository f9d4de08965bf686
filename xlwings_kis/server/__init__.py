"""`xlwings-kis serve`: the same formulas and macros for a whole desk, served by xlwings Server.

xlwings Server is the engine: it speaks with Excel, serves the task pane and asks for credentials. What is ours lies in
`project` in the shape it wants; the modules beside it hold what the project only names. Importing the package does nothing.
"""
