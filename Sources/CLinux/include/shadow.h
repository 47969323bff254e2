// A world beside the machine's: mounts and namespaces of its own.
#pragma once

/// The namespaces that unshare(2) makes here: all of these, and those of users where `users` is not 0.
int scriptron_shadow_unshare(int users);
/// A mount namespace of its own, as a copy, from which nothing goes out.
int scriptron_shadow_unshare_mounts(void);
/// mount(2) of a new file system of a type.
int scriptron_shadow_mount(const char *type, const char *target, const char *options);
/// mount(2) of what is at a path at another, with all below it where `recursive`; read-only where that is asked for.
int scriptron_shadow_bind(const char *source, const char *target, int recursive, int read_only);
/// Makes the directory the root of this mount namespace, and takes the old one away.
int scriptron_shadow_pivot(const char *root);
/// execve(2) with `output` as descriptor 3; returns only where it fails.
int scriptron_shadow_exec(const char *path, char *const arguments[], char *const environment[], int output);
