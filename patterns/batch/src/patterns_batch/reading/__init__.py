"""From the bytes of a text file to typed rows, one module a stage: unpack, decode, cut into blocks, read rows.

Nothing here needs a bucket or a clock: files in, Parquet files out (decision record 0046).
"""
