"""What each evaluation uses: intervals and readers of gold files."""
