package thimble.draw;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * An element of an SVG document as the JDK's parser sees it, which refuses what is not well-formed.
 *
 * <p>Module thimble does not read java.xml, nor do its tests, which are patched into it; reflection
 * does without.
 */
public record SvgElement(String name, Map<String, String> attributes, String text) {
  private static final String FACTORY = "javax.xml.parsers.DocumentBuilderFactory";

  /** All elements in document order, the root first. */
  public static List<SvgElement> parse(String svg) throws ReflectiveOperationException {
    Object factory = Class.forName(FACTORY).getMethod("newInstance").invoke(null);
    Object builder = call(factory, FACTORY, "newDocumentBuilder");
    Object document =
        Class.forName("javax.xml.parsers.DocumentBuilder")
            .getMethod("parse", InputStream.class)
            .invoke(builder, new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)));
    Object all =
        Class.forName("org.w3c.dom.Document")
            .getMethod("getElementsByTagName", String.class)
            .invoke(document, "*");
    List<SvgElement> elements = new ArrayList<>();
    for (Object node : items(all, "org.w3c.dom.NodeList")) {
      Map<String, String> attributes = new HashMap<>();
      Object named = call(node, "org.w3c.dom.Node", "getAttributes");
      for (Object attribute : items(named, "org.w3c.dom.NamedNodeMap")) {
        attributes.put(text(attribute, "getNodeName"), text(attribute, "getNodeValue"));
      }
      elements.add(
          new SvgElement(text(node, "getNodeName"), attributes, text(node, "getTextContent")));
    }
    return elements;
  }

  /** The value of an attribute. */
  public double number(String attribute) {
    return Double.parseDouble(attributes.get(attribute));
  }

  private static List<Object> items(Object list, String type) throws ReflectiveOperationException {
    List<Object> items = new ArrayList<>();
    int length = (int) call(list, type, "getLength");
    for (int i = 0; i < length; i++) {
      items.add(Class.forName(type).getMethod("item", int.class).invoke(list, i));
    }
    return items;
  }

  private static String text(Object node, String method) throws ReflectiveOperationException {
    return (String) call(node, "org.w3c.dom.Node", method);
  }

  private static Object call(Object target, String type, String method)
      throws ReflectiveOperationException {
    return Class.forName(type).getMethod(method).invoke(target);
  }
}
