<%@ page contentType="text/plain" %>page <%= 6 * 7 %>
