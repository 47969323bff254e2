"""APScheduler with many jobs, each of which starts a program.

Usage: apscheduler_jobs.py LOADED DUE_COUNT DUE STAMP FILE READY

DUE_COUNT of LOADED jobs are due at DUE (epoch seconds), the others on a day half a year from now. READY is made when all
are loaded.
"""

import subprocess
import sys
import time

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger

loaded, due_count, due = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
command, ready = sys.argv[4:6], sys.argv[6]


def job():
    subprocess.run(command)


# Without a limit on how late a job may start: by default those beyond one second are dropped.
scheduler = BackgroundScheduler(
    timezone="UTC", executors={"default": ThreadPoolExecutor(10)}, job_defaults={"misfire_grace_time": None})
clock = time.gmtime(due)
later = (time.gmtime().tm_mon + 5) % 12 + 1
for number in range(loaded):
    if number < due_count:
        trigger = CronTrigger(hour=clock.tm_hour, minute=clock.tm_min, second=clock.tm_sec, timezone="UTC")
    else:
        trigger = CronTrigger(month=later, day=1, hour=0, minute=0, timezone="UTC")
    scheduler.add_job(job, trigger)
scheduler.start()
open(ready, "w").close()
while True:
    time.sleep(3600)
