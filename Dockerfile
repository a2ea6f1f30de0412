# The page of matcalc: docker build -t matcalc . && docker run --rm -p 127.0.0.1:8000:8000 matcalc
FROM python:3.12-slim
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY matcalc matcalc
RUN pip install --no-cache-dir ".[web]" && rm -rf /source && useradd --no-create-home matcalc
WORKDIR /
USER matcalc
EXPOSE 8000
CMD ["matcalc", "serve", "--host", "0.0.0.0", "--port", "8000"]
