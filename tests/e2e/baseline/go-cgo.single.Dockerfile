FROM golang:1.26
WORKDIR /app
COPY . .
RUN go mod download
RUN go build -o server .
EXPOSE 8090
CMD ["./server"]
