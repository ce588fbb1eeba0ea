"""Who may call what: tokens, certificates, rules, TLS. SECURITY.md says what this defends, and what not."""
