"""What is watched and how: metrics, rules, dashboards, and a Prometheus for the local stack."""
