"""The reference cluster: kind, in containers of Docker or Podman."""
