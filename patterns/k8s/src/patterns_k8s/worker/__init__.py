"""The worker: takes orders from the fulfilment queue, decides them, and tells the topic."""
