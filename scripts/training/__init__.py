"""What train_syncnet.py is made of: data, augmentation, losses, validation."""
