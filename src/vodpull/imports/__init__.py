"""Libraries that come along from elsewhere: lists, lines, queries; what carries an import on: `workflows/importing`."""
