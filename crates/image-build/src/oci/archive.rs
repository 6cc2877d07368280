//! docker-archive: one image as a tar that `docker load` and `podman load` read.
