"""The checkpoints that ship with syncfix: weights as safetensors, each with its card."""
