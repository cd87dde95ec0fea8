"""Two NPPOs, a pilot Hub that misbehaves, and a controller that kills: every certificate must arrive exactly once.

`python -m tests.chaos --each 10000 --minutes 90` runs it large; tests/hubclient/test_chaos.py runs it small. All parts
are processes of their own, as in an installation: web server, Celery worker with beat, pilot Hub, PostgreSQL.

| day | issued | arrived once | seconds | killed: web, worker, database | sent again | retried by an officer |
|---|---|---|---|---|---|---|
| 2026-11-24 | 20,000 | 20,000 | 2665 | 116, 107, 1 | 327 | 427 |
| 2026-11-24 | 600 | 600 | 235 | 6, 7, 1 | 20 | 12 |
"""
