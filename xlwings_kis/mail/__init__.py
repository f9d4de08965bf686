"""A report by mail: what it says (`letter`), how it looks (`html`, `plain`), what leaves (`message`), and how
(`delivery`, `draft`)."""
