#ifndef SCRIPTRON_CLINUX_ERRORS_H
#define SCRIPTRON_CLINUX_ERRORS_H

/// strerrorname_np(3): "ENOENT" for 2; NULL for a number without a name.
const char *scriptron_errno_name(int number);

/// sigabbrev_np(3): "KILL" for 9; NULL for a number without a name.
const char *scriptron_signal_name(int number);
#endif
