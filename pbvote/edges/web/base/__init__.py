"""What every page needs: policy, forms, errors, security."""
