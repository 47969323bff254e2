"""Celery's beat and worker with many periodic tasks; BENCH_LOADED, BENCH_DUE_COUNT, BENCH_DUE, BENCH_FILE and
BENCH_SOCKET (of Redis) say which. The task appends the time at which it began to a file, in the worker's process."""

import os
import time

from celery import Celery
from celery.schedules import crontab

app = Celery("celery_jobs", broker="redis+socket://" + os.environ["BENCH_SOCKET"])
app.conf.update(timezone="UTC", task_ignore_result=True, worker_hijack_root_logger=False)
clock = time.gmtime(float(os.environ["BENCH_DUE"]))
later = (time.gmtime().tm_mon + 5) % 12 + 1
due_count = int(os.environ["BENCH_DUE_COUNT"])
app.conf.beat_schedule = {
    f"job-{number}": {
        "task": "celery_jobs.stamp",
        "schedule": crontab(minute=clock.tm_min, hour=clock.tm_hour) if number < due_count else crontab(
            minute=0, hour=0, day_of_month=1, month_of_year=later),
    }
    for number in range(int(os.environ["BENCH_LOADED"]))
}
file = os.open(os.environ["BENCH_FILE"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)


@app.task
def stamp():
    os.write(file, b"%.9f\n" % time.time())
