"""The store of several machines: one Redis server, spoken to by one script so that every step is whole or not at all."""
