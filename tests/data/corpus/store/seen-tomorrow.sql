UPDATE snapshot SET last_seen = last_seen + 86400, first_seen = first_seen + 86400
