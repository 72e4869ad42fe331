"""What more than one deployable uses: the contract, settings, models and clients."""
