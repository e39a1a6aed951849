"""The benchmarks, one a module; benchmark.py runs them."""
