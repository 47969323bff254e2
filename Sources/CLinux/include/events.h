// Headers that the Glibc module leaves out.
#ifndef SCRIPTRON_CLINUX_EVENTS_H
#define SCRIPTRON_CLINUX_EVENTS_H
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#endif
