FROM golang:1.26
WORKDIR /app
COPY . .
RUN go mod download
RUN go build -o server .
EXPOSE 9000
CMD ["./server"]
