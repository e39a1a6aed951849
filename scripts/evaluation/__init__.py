"""What evaluate_syncnet.py is made of: intervals, halves, windows, reliability, tables, plot."""
