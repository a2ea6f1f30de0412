"""Pictures without other programs: diagrams of boxes and arrows, and patterns of matrices, as SVG, DOT and Mermaid."""
