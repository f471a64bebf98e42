"""The parts of a consumer: the fence, the lanes in which batches wait, and their application."""
