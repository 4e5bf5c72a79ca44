"""gene_sets"""
