"""What every request passes: ids, hosts, bodies, paths, methods, headers, the log."""
