FROM maven:3.9-eclipse-temurin-21
WORKDIR /app
COPY . .
RUN mvn -B -DskipTests package
EXPOSE 8083
CMD ["java", "-jar", "target/java-spring3-1.0.0.jar"]
