"""A task on Fargate that ends once its queue is empty: ``python -m benchmarks.compute.adapters.order_task``."""

import os

from benchmarks.compute.adapters.fulfilment import bootstrap
from benchmarks.compute.adapters.polling import work

if __name__ == "__main__":
    work(os.environ, bootstrap(os.environ), goes_on=lambda received: received > 0)
