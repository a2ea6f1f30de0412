"""matcalc"""
